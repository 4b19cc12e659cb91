package dev.atelier.goldenpaths;

import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;

/**
 * A repository as Backstage's {@code RepoUrlPicker} writes it: {@code host?owner=o&repo=r}. Some
 * hosts say workspace, organization or project for owner.
 */
public record RepositoryAddress(String host, String owner, String repo) {

    /** Host of the repositories that this portal keeps itself. */
    public static final String OWN = "atelier";

    /** What is missing is empty. */
    public static RepositoryAddress parse(String text) {
        int mark = text.indexOf('?');
        if (mark < 0) {
            return new RepositoryAddress("", "", "");
        }
        var parts = new HashMap<String, String>();
        for (var pair : text.substring(mark + 1).split("&")) {
            int equals = pair.indexOf('=');
            if (equals > 0) {
                parts.put(
                        pair.substring(0, equals),
                        URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
            }
        }
        var owner =
                parts.getOrDefault(
                        "owner",
                        parts.getOrDefault("workspace", parts.getOrDefault("organization", "")));
        return new RepositoryAddress(
                text.substring(0, mark), owner, parts.getOrDefault("repo", ""));
    }

    @Override
    public String toString() {
        return "%s?owner=%s&repo=%s"
                .formatted(
                        host,
                        URLEncoder.encode(owner, StandardCharsets.UTF_8),
                        URLEncoder.encode(repo, StandardCharsets.UTF_8));
    }
}
