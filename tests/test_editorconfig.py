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
            settings = get_properties(str(project.root / path))
            assert (settings["charset"], settings["end_of_line"]) == ("utf-8", "lf")
            assert "\r" not in text
            assert settings["insert_final_newline"] == "true"
            assert text.endswith("\n"), path
            assert settings["trim_trailing_whitespace"] == "true"
            lines = text.splitlines()
            assert lines == [line.rstrip() for line in lines], path
            if path.suffix in (".ini", ".json", ".toml", ".yaml", ".yml"):
                width = int(settings["indent_size"])
                indents = {len(line) - len(line.lstrip()) for line in lines}
                assert {indent % width for indent in indents} == {0}, path
                # It is no wider than what is there.
                assert width in indents or indents == {0}, path
