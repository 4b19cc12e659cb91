package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.util.List;

/** {@code fs:delete}. */
@Singleton
class FsDelete extends BuiltIn {

    FsDelete() {
        super(
                "fs:delete",
                "Deletes files and folders of the task.",
                """
                {"type": "object", "required": ["files"], "properties": {
                  "files": {"type": "array", "items": {"type": "string"},
                    "title": "Files and folders, or patterns of files"}}}
                """,
                "",
                new Example(
                        "Delete a folder, and all files of a kind",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                        - action: fs:delete
                          input:
                            files: [src, "**/*.md"]
                        """));
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        for (var name : texts(context.input().path("files"))) {
            if (name.matches(".*[*?{\\[].*")) {
                var globs = new Globs(List.of(name));
                for (var file : context.workspace().files()) {
                    if (globs.match(file)) {
                        Files.delete(context.workspace().path(file));
                        context.log("Deleted " + file);
                    }
                }
                continue;
            }
            var path = context.workspace().path(name);
            if (path.equals(context.workspace().root())) {
                context.workspace().clear();
                context.log("Deleted all files");
            } else if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                Workspace.remove(path);
                context.log("Deleted " + name);
            } else {
                context.warn("There is no %s to delete.".formatted(Workspace.shown(name)));
            }
        }
    }
}
