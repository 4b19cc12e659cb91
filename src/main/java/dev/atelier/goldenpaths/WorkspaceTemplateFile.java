package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

/** {@code workspace:template:file}. */
@Singleton
class WorkspaceTemplateFile extends BuiltIn {

    WorkspaceTemplateFile() {
        super(
                "workspace:template:file",
                "Renders one file of the task itself.",
                """
                {"type": "object", "required": ["sourcePath", "targetPath"], "properties": {
                  "sourcePath": {"type": "string", "title": "File in the task's files"},
                """
                        + Templating.MEMBERS
                        + "}}",
                "",
                new Example(
                        "Render a file that was fetched before",
                        """
                        - action: fetch:plain:file
                          input:
                            url: ./skeleton/README.md
                            targetPath: README.raw.md
                        - action: workspace:template:file
                          input:
                            sourcePath: README.raw.md
                            targetPath: README.md
                            values:
                              name: penguins
                        """));
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        var input = context.input();
        var source = context.workspace().path(input.path("sourcePath").asText());
        if (!Files.isRegularFile(source)) {
            throw new ActionFailed(
                    "There is no file %s among the task's files."
                            .formatted(Workspace.shown(input.path("sourcePath").asText())));
        }
        var target = input.path("targetPath").asText();
        new Templating(context)
                .write(
                        List.of(
                                new Skeleton.Material(
                                        target,
                                        Files.readAllBytes(source),
                                        Workspace.isExecutable(source))),
                        "");
        context.log("Made %s.".formatted(target));
    }
}
