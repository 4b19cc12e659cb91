package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;

/** {@code fs:rename}. */
@Singleton
class FsRename extends BuiltIn {

    FsRename() {
        super(
                "fs:rename",
                "Renames files and folders of the task.",
                """
                {"type": "object", "required": ["files"], "properties": {
                  "files": {"type": "array", "title": "What to rename", "items": {
                    "type": "object", "required": ["from", "to"], "properties": {
                      "from": {"type": "string", "title": "Name now"},
                      "to": {"type": "string", "title": "Name then"},
                      "overwrite": {"type": "boolean", "title": "Replaces what is there"}}}}}}
                """,
                "",
                new Example(
                        "Rename a file and a folder",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                        - action: fs:rename
                          input:
                            files:
                              - from: README.md
                                to: docs/README.md
                              - from: src
                                to: lib
                        """));
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        for (var one : context.input().path("files")) {
            var from = one.path("from").asText();
            var to = one.path("to").asText();
            var source = context.workspace().path(from);
            var target = context.workspace().path(to);
            if (Files.notExists(source, LinkOption.NOFOLLOW_LINKS)) {
                throw new ActionFailed(
                        "There is no %s to rename.".formatted(Workspace.shown(from)));
            }
            if (source.equals(context.workspace().root()) || target.startsWith(source)) {
                throw new ActionFailed(
                        "%s cannot be moved into itself.".formatted(Workspace.shown(from)));
            }
            if (Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                if (!one.path("overwrite").asBoolean()) {
                    throw new ActionFailed(
                            "%s is there already. Set overwrite to replace it."
                                    .formatted(Workspace.shown(to)));
                }
                if (target.equals(context.workspace().root())) {
                    throw new ActionFailed("All files together cannot be replaced.");
                }
                Workspace.remove(target);
            }
            Files.createDirectories(target.getParent());
            Files.move(source, target);
            context.log("%s is now %s".formatted(from, to));
        }
    }
}
