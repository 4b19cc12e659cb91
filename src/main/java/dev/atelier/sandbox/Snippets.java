package dev.atelier.sandbox;

import dev.atelier.inference.Tensor;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The same call as code, ready to paste.
 *
 * @param body the request as JSON; null when it is too long to print
 */
record Snippets(String address, @Nullable String body) {

    /** A longer body is not printed: the snippets read it from the file that the page offers. */
    private static final int PRINTED = 4_000;

    record Snippet(String id, String title, String code) {}

    /** The request where it is short enough to print and to keep, else null. */
    static @Nullable String printed(List<Tensor> inputs) {
        if (inputs.isEmpty() || inputs.stream().mapToLong(Tensor::elements).sum() > PRINTED) {
            return null;
        }
        var body = RequestJson.of(inputs);
        return body.length() <= PRINTED ? body : null;
    }

    public boolean whole() {
        return body != null;
    }

    public List<Snippet> all() {
        return List.of(
                new Snippet("curl", "curl", curl()),
                new Snippet("python", "Python", python()),
                new Snippet("java", "Java", java()));
    }

    private String curl() {
        return """
        curl -s %s \\
          -H 'Content-Type: application/json' \\
          -d %s\
        """
                .formatted(
                        address,
                        body != null ? "'" + body.replace("'", "'\\''") + "'" : "@request.json");
    }

    private String python() {
        var data =
                body != null && !hasTripleQuote(body)
                        ? "r'''" + body + "'''.encode()"
                        : "open(\"request.json\", \"rb\").read()";
        return """
        import requests  # pip install requests

        answer = requests.post(
            "%s",
            headers={"Content-Type": "application/json"},
            data=%s)
        answer.raise_for_status()
        for output in answer.json()["outputs"]:
            print(output["name"], output["shape"], output["data"])\
        """
                .formatted(address, data);
    }

    private String java() {
        var publisher =
                body != null && !hasTripleQuote(body)
                        ? "BodyPublishers.ofString(\"\"\"\n            %s\"\"\")"
                                .formatted(body.replace("\\", "\\\\"))
                        : "BodyPublishers.ofFile(Path.of(\"request.json\"))";
        return """
        var request = HttpRequest.newBuilder(URI.create("%s"))
            .header("Content-Type", "application/json")
            .POST(%s)
            .build();
        var answer = HttpClient.newHttpClient().send(request, BodyHandlers.ofString());
        System.out.println(answer.body());\
        """
                .formatted(address, publisher);
    }

    private static boolean hasTripleQuote(String body) {
        return body.contains("'''") || body.contains("\"\"\"");
    }
}
