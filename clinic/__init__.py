"""The building: settings, addresses and the doors' frames. It knows every room; no room knows it."""
