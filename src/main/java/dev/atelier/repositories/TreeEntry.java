package dev.atelier.repositories;

/**
 * An entry of a folder.
 *
 * @param path from the root of the repository on
 * @param size bytes of a file or link; 0 of others
 */
public record TreeEntry(String path, Kind kind, long size) {

    /** What it is. */
    public enum Kind {
        FOLDER,
        FILE,
        PROGRAM,
        LINK,
        /** A commit of another repository. */
        SUBMODULE
    }

    public String name() {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    public boolean folder() {
        return kind == Kind.FOLDER;
    }
}
