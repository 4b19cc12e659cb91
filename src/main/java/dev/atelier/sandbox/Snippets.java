package dev.atelier.sandbox;

import java.util.List;

/** The same call as code, ready to paste. */
record Snippets(String address, String body, boolean whole) {

    /** A longer body is not printed: the snippets read it from the file that the page offers. */
    private static final int PRINTED = 4_000;

    record Snippet(String id, String title, String code) {}

    static Snippets of(String address, String body) {
        return new Snippets(address, body, body.length() <= PRINTED);
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
                        address, whole ? "'" + body.replace("'", "'\\''") + "'" : "@request.json");
    }

    private String python() {
        var data =
                whole && !hasTripleQuote()
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
                whole && !hasTripleQuote()
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

    private boolean hasTripleQuote() {
        return body.contains("'''") || body.contains("\"\"\"");
    }
}
