package dev.atelier.monitoring.statistics;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;

/**
 * The reference profile of a version: what all its columns were like. It never changes; windows
 * that were counted by it name it by its hash.
 *
 * @param columns by name, each name once
 */
public record Profile(List<Reference> columns) {

    /**
     * @throws IllegalArgumentException when two columns have one name
     */
    public Profile {
        columns = columns.stream().sorted(Comparator.comparing(Reference::name)).toList();
        for (int i = 1; i < columns.size(); i++) {
            if (columns.get(i).name().equals(columns.get(i - 1).name())) {
                throw new IllegalArgumentException(
                        "The column " + columns.get(i).name() + " is there twice");
            }
        }
    }

    /** Canonical JSON (RFC 8785): one text for one profile, whoever writes it. */
    public String json() {
        return CanonicalJson.of(ProfileJson.write(this));
    }

    /** SHA-256 of the UTF-8 of {@link #json()}, 32 bytes as lowercase hexadecimal digits. */
    public String hash() {
        try {
            var digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(json().getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e); // every Java has it
        }
    }
}
