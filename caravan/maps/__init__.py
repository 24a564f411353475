"""What the map shows of a shared picture. Takes nothing but a ``SharedPicture``."""
