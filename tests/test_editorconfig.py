"""What .editorconfig says is how the rendered files are."""

from editorconfig import get_properties

from .matrix.combinations import Combinations
from .matrix.projects import Renderer
from .matrix.questionnaire import ANSWERS_FILE

# Their text is not the template's: Copier writes the one, and lawyers wrote the other.
OTHERS = (ANSWERS_FILE, "LICENSE")


def test_rendered_files_are_as_editorconfig_says(
    combinations: Combinations, render: Renderer
) -> None:
    for row in combinations.pairs:
        project = render(**row)
        for path in project.files():
            text = project.read(path)
            if path.name in OTHERS or not text:
                continue
            # That text ends so, and lines do, is among the checks of every project.
            said = get_properties(str(project.root / path))
            assert (said["charset"], said["end_of_line"]) == ("utf-8", "lf")
            assert said["insert_final_newline"] == "true"
            assert said["trim_trailing_whitespace"] == "true"
            if path.suffix in (".ini", ".json", ".toml", ".yaml", ".yml"):
                width = int(said["indent_size"])
                lines = text.splitlines()
                indents = {len(line) - len(line.lstrip()) for line in lines}
                assert {indent % width for indent in indents} == {0}, path
                # It is no wider than what is there.
                assert width in indents or indents == {0}, path
