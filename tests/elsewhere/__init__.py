"""The whole suite under other settings: another day, zone, locale, user, folder, a busy machine."""
