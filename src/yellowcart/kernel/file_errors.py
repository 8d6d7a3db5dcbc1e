"""What is refused of a file before anybody asks what its rows mean."""

from yellowcart.kernel.errors import Invalid
from yellowcart.kernel.translation import N_


class FileTooLarge(Invalid):
    """The file is larger than is taken."""

    code = "import_file_too_large"
    message = N_("The file is larger than %(most)s MB. Split it and import the parts one after the other.")


class FileEmpty(Invalid):
    """There is nothing in the file."""

    code = "import_file_empty"
    message = N_("The file is empty, or holds only a line of headings.")


class FileIsNoTable(Invalid):
    """The file is something else than a table, whatever its name says."""

    code = "import_file_is_no_table"
    message = N_(
        "This is not a CSV or Excel file but %(kind)s. Save the table as CSV or .xlsx and choose that file."
    )


class FileUnreadable(Invalid):
    """The text of the file cannot be decoded."""

    code = "import_file_unreadable"
    message = N_("The characters of this file cannot be read. Save it as UTF-8, UTF-16 or GB18030.")


class RowUnreadable(Invalid):
    """A row breaks the form of the file: an open quote, too many cells, a cell beyond all bounds."""

    code = "import_row_unreadable"
    message = N_("Row %(row)s, column %(column)s: %(reason)s")


class RowsTooMany(Invalid):
    """The file has more rows than are taken."""

    code = "import_rows_too_many"
    message = N_("The file has more than %(most)s rows. Split it and import the parts one after the other.")


class ColumnsMissing(Invalid):
    """Headings that this kind of file needs are not there."""

    code = "import_columns_missing"
    message = N_(
        "This looks most like %(form)s, but the headings %(columns)s are missing. Expected: %(expected)s."
    )


class ColumnTwice(Invalid):
    """A heading stands twice, so its cells have two meanings."""

    code = "import_column_twice"
    message = N_("The heading %(column)s stands twice in the first row.")


class WorkbookLocked(Invalid):
    """A password protects the workbook."""

    code = "import_workbook_locked"
    message = N_("A password protects this workbook. Save it without one and choose that file.")


class WorkbookBroken(Invalid):
    """A workbook that Excel's own form does not describe: damaged, or made to do harm."""

    code = "import_workbook_broken"
    message = N_("This workbook is damaged and cannot be read. Open it in Excel, save it anew, or save it as CSV.")


class WorkbookTooLarge(Invalid):
    """Unpacked, the workbook would be larger than is taken; it is not unpacked."""

    code = "import_workbook_too_large"
    message = N_("Unpacked, this workbook is larger than %(most)s MB. Split it, or save it as CSV.")
