"""The desk on the screen: widgets, screens and what the keys do. The only room that imports Textual."""
