package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;

/** {@code workspace:template}. */
@Singleton
class WorkspaceTemplate extends BuiltIn {

    WorkspaceTemplate() {
        super(
                "workspace:template",
                "Renders files of the task itself, say those that an earlier step fetched as they"
                        + " are.",
                """
                {"type": "object", "required": ["sourcePath"], "properties": {
                  "sourcePath": {"type": "string", "title": "Folder in the task's files"},
                """
                        + Templating.MEMBERS
                        + "}}",
                "",
                new Example(
                        "Render what was fetched before",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                            targetPath: raw
                        - action: workspace:template
                          input:
                            sourcePath: raw
                            targetPath: project
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
        if (!Files.isDirectory(source)) {
            throw new ActionFailed(
                    "There is no folder %s in the task's files."
                            .formatted(Workspace.shown(input.path("sourcePath").asText())));
        }
        var files = new ArrayList<Skeleton.Material>();
        for (var name : Workspace.filesBelow(source)) {
            var path = source.resolve(name);
            files.add(
                    new Skeleton.Material(
                            name, Files.readAllBytes(path), Workspace.isExecutable(path)));
        }
        int written = new Templating(context).write(files, input.path("targetPath").asText(""));
        context.log("Made %d files.".formatted(written));
    }
}
