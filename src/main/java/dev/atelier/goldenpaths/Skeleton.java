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

    static final int MOST_FILES = 10_000;
    static final long MOST_BYTES = 64L << 20;
    private static final int LOOKED_AT = 8_000;

    /**
     * Before one more file is taken.
     *
     * @param files that there are
     * @param size of all, with the one more, in bytes
     */
    static void bound(int files, long size) throws ActionFailed {
        if (files >= MOST_FILES) {
            throw new ActionFailed("There are more than %,d files.".formatted(MOST_FILES));
        }
        if (size > MOST_BYTES) {
            throw new ActionFailed("There are more than %d MB.".formatted(MOST_BYTES >> 20));
        }
    }

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
