"""What people may send to their address book. Rules are the models'; here they become errors beside a field."""
