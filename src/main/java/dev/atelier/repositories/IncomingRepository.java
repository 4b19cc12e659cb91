package dev.atelier.repositories;

import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import org.eclipse.jgit.internal.storage.file.FileRepository;
import org.eclipse.jgit.lib.BaseRepositoryBuilder;
import org.eclipse.jgit.lib.ObjectInserter;
import org.eclipse.jgit.transport.PackParser;
import org.eclipse.jgit.util.NB;

/**
 * A repository as a push sees it: what comes lies in a folder of its own, everything else is read
 * from the repository. That is Git's quarantine.
 */
final class IncomingRepository extends FileRepository {

    /** {@code PACK}, the version, the number of objects. */
    private static final int HEADER = 12;

    private int maxObjects = Integer.MAX_VALUE;

    IncomingRepository(BaseRepositoryBuilder<?, ?> options) throws IOException {
        super(options);
    }

    void limit(int objects) {
        maxObjects = objects;
    }

    @Override
    public ObjectInserter newObjectInserter() {
        var own = super.newObjectInserter();
        return new ObjectInserter.Filter() {
            @Override
            protected ObjectInserter delegate() {
                return own;
            }

            @Override
            public PackParser newPackParser(InputStream in) throws IOException {
                return own.newPackParser(counted(in));
            }
        };
    }

    /** JGit makes room for as many objects as a pack says that it has, before it reads one. */
    private InputStream counted(InputStream in) throws IOException {
        var header = in.readNBytes(HEADER);
        var back = new PushbackInputStream(in, HEADER);
        back.unread(header);
        if (header.length == HEADER && NB.decodeUInt32(header, 8) > maxObjects) {
            throw new IOException(
                    "a push has at most %d objects here (atelier.repositories.max-objects)"
                            .formatted(maxObjects));
        }
        return back;
    }
}
