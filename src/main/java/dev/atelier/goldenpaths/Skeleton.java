package dev.atelier.goldenpaths;

import java.util.List;

/**
 * Files that a template brings.
 *
 * @param files paths relative to the skeleton, with {@code /}
 */
record Skeleton(List<Material> files) {

    /** A file of a skeleton. */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Material(String path, byte[] content, boolean executable) {}

    private static final int LOOKED_AT = 8_000;

    /** As Git decides it: a NUL near the beginning. */
    static boolean isBinary(byte[] content) {
        for (int i = 0; i < Math.min(LOOKED_AT, content.length); i++) {
            if (content[i] == 0) {
                return true;
            }
        }
        return false;
    }
}
