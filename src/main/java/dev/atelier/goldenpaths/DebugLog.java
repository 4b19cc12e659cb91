package dev.atelier.goldenpaths;

import jakarta.inject.Singleton;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;

/** {@code debug:log}. */
@Singleton
class DebugLog extends BuiltIn {

    private static final int MOST_CONTENT = 64 << 10;

    DebugLog() {
        super(
                "debug:log",
                "Writes a message into the task's log, and the list of files if that is asked for.",
                """
                {"type": "object", "properties": {
                  "message": {"type": "string", "title": "Message to write"},
                  "listWorkspace": {"title": "List the files",
                    "anyOf": [{"type": "boolean"},
                              {"type": "string", "enum": ["with-filenames", "with-contents"]}]},
                  "extra": {"title": "Anything else to write", "description": "Any value; written as JSON"}}}
                """,
                "",
                new Example(
                        "Write a message",
                        """
                        - action: debug:log
                          name: Say hello
                          input:
                            message: Hello, golden path!
                        """),
                new Example(
                        "List the files with what they hold",
                        """
                        - action: debug:log
                          input:
                            message: What is there
                            listWorkspace: with-contents
                        """));
    }

    @Override
    public boolean local() {
        return true;
    }

    @Override
    public void run(ActionContext context) throws ActionFailed, IOException {
        var input = context.input();
        if (input.hasNonNull("message")) {
            context.log(input.get("message").asText());
        }
        if (input.hasNonNull("extra")) {
            context.log(input.get("extra").toPrettyString());
        }
        var list = input.path("listWorkspace");
        if (list.isTextual() || list.asBoolean()) {
            var files = context.workspace().files();
            context.log("Files: " + files.size());
            for (var file : files) {
                context.log("  " + file);
                if (list.asText().equals("with-contents")) {
                    var bytes = Files.readAllBytes(context.workspace().path(file));
                    context.log(
                            Skeleton.isBinary(bytes)
                                    ? "    (%d bytes that are no text)".formatted(bytes.length)
                                    : new String(
                                            bytes,
                                            0,
                                            Math.min(bytes.length, MOST_CONTENT),
                                            StandardCharsets.UTF_8));
                }
            }
        }
    }
}
