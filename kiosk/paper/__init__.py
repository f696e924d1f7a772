"""Contributions given on paper: tables read, cells understood, entries filled, nothing twice."""
