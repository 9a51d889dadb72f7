"""An AnchorSource without any: for whoever shall trust nothing but what they are given."""

from smimetui.model.certificate import Certificate


class NoAnchors:
    """AnchorSource of `--isolated` and of the sandbox, where verdicts do not depend on the machine."""

    def anchors(self) -> tuple[Certificate, ...]:
        """Return nothing."""
        return ()
