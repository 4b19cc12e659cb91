package dev.atelier.models;

import dev.atelier.platform.problems.Denied;
import dev.atelier.platform.problems.Invalid;
import java.io.IOException;

/** Folders of the portal's machine that the operator opened for imports. */
public interface MachineFolders {

    /**
     * Hands over all files below a folder as whoever acts; no link is followed.
     *
     * @param path absolute
     * @throws Denied when they may not name folders of the machine
     * @throws Invalid when it is not below a folder that was opened, or holds a link
     */
    void read(String path, VersionImport.Taker taker) throws IOException;
}
