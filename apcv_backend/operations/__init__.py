"""The room `operations`: how the service is doing, in numbers. It knows nobody."""
