package dev.atelier.goldenpaths;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** {@code fs:readdir}. */
@Singleton
class FsReaddir extends BuiltIn {

    private static final String ENTRY =
            """
            {"type": "array", "items": {"type": "object", "properties": {
              "name": {"type": "string"}, "path": {"type": "string"}, "fullPath": {"type": "string"}}}}
            """;

    FsReaddir() {
        super(
                "fs:readdir",
                "Lists files and folders of the task.",
                """
                {"type": "object", "required": ["paths"], "properties": {
                  "paths": {"type": "array", "items": {"type": "string"}, "title": "Folders to read"},
                  "recursive": {"type": "boolean", "title": "Folders in folders too"}}}
                """,
                """
                {"type": "object", "properties": {"files": %s, "folders": %s}}
                """
                        .formatted(ENTRY, ENTRY),
                new Example(
                        "List all files",
                        """
                        - action: fetch:plain
                          input:
                            url: ./skeleton
                        - id: list
                          action: fs:readdir
                          input:
                            paths: ["."]
                            recursive: true
                        - action: debug:log
                          input:
                            message: ${{ steps.list.output.files | length }} files
                        """));
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        var files = JsonNodeFactory.instance.arrayNode();
        var folders = JsonNodeFactory.instance.arrayNode();
        boolean recursive = context.input().path("recursive").asBoolean();
        for (var name : texts(context.input().path("paths"))) {
            var folder = context.workspace().path(name);
            if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
                throw new ActionFailed("There is no folder %s.".formatted(Workspace.shown(name)));
            }
            read(context.workspace().root(), folder, recursive, files, folders);
        }
        context.output("files", files);
        context.output("folders", folders);
    }

    private static void read(
            Path root, Path folder, boolean recursive, ArrayNode files, ArrayNode folders)
            throws IOException {
        try (var entries = Files.walk(folder, recursive ? Integer.MAX_VALUE : 1)) {
            for (var path : entries.filter(p -> !p.equals(folder)).sorted().toList()) {
                var list = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS) ? folders : files;
                var full = root.relativize(path).toString();
                list.addObject()
                        .put("name", path.getFileName().toString())
                        .put("path", root.relativize(path.getParent()).toString())
                        .put("fullPath", full);
            }
        }
    }
}
