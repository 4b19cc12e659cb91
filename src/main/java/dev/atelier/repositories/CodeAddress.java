package dev.atelier.repositories;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;

/** Addresses of what a repository holds. Names of refs and paths stand behind the question mark. */
final class CodeAddress {

    private CodeAddress() {}

    /**
     * @param page below the repository's own address, say {@code commits}; empty for that itself
     * @param ref empty for the default branch
     * @param path empty for the whole
     */
    static String of(GitRepository repository, String page, String ref, String path) {
        var query = new StringBuilder();
        if (!ref.isEmpty() && !ref.equals(repository.defaultBranch())) {
            query.append("?ref=").append(encoded(ref));
        }
        if (!path.isEmpty()) {
            query.append(query.isEmpty() ? "?" : "&").append("path=").append(encoded(path));
        }
        return repository.address() + (page.isEmpty() ? "" : "/" + page) + query;
    }

    /** Slashes stay, for whoever reads it. */
    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8)
                .replace("%2F", "/")
                .replace("+", "%20");
    }

    /**
     * Where a link in a Markdown file leads: to the file that it names in the same repository, or
     * where it says.
     *
     * @param file the Markdown's own path
     */
    static String linked(GitRepository repository, String ref, String file, String to) {
        if (to.isEmpty()
                || to.startsWith("#")
                || to.startsWith("//")
                || to.matches("[a-zA-Z][a-zA-Z0-9+.-]*:.*")) {
            return to;
        }
        var plain = to.replaceFirst("[#?].*$", "");
        var folder = file.contains("/") ? file.substring(0, file.lastIndexOf('/')) : "";
        var path = normal(plain.startsWith("/") ? plain.substring(1) : folder + "/" + plain);
        return of(repository, "", ref, path);
    }

    /** As {@link #linked}, for a picture. */
    static String pictured(GitRepository repository, String ref, String file, String to) {
        var linked = linked(repository, ref, file, to);
        return linked.startsWith(repository.address() + "?")
                ? repository.address()
                        + "/picture"
                        + linked.substring(repository.address().length())
                : linked;
    }

    private static String normal(String path) {
        var parts = new java.util.ArrayDeque<String>();
        for (var part : path.split("/")) {
            if (part.equals("..")) {
                parts.pollLast();
            } else if (!part.isEmpty() && !part.equals(".")) {
                parts.addLast(part);
            }
        }
        return String.join("/", parts);
    }
}
