"""What the device is made of: battery, disk, clock; through plyer where it really works."""
