"""The page of `explain`: one file of HTML that steps through both passes."""
