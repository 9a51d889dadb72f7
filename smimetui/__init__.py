"""smimetui: a mail composer for the terminal with the S/MIME flow of iOS Mail."""

__version__ = "0.1.0"
