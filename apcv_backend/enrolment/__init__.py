"""The room where a person proves who they are and registers a phone. Other rooms may import its `rules`."""
