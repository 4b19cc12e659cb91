package dev.atelier.repositories;

import java.nio.charset.StandardCharsets;

/** A file as it is to be committed, or as it was read. */
public record FileContent(byte[] bytes, boolean executable) {

    public static FileContent of(String text) {
        return new FileContent(text.getBytes(StandardCharsets.UTF_8), false);
    }

    public static FileContent program(String text) {
        return new FileContent(text.getBytes(StandardCharsets.UTF_8), true);
    }

    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
