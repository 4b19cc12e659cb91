package dev.atelier.transfer;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/**
 * Bytes of a source that come as long as somebody waits for them: a file without an end is left
 * when its import is cancelled.
 */
final class Watched extends FilterInputStream {

    private static final long STEP = 10_000_000;

    private final Importing.Watch watch;
    private final String name;
    private long count;
    private long told;

    /**
     * @param name for people
     */
    private Watched(InputStream bytes, Importing.Watch watch, String name) {
        super(bytes);
        this.watch = watch;
        this.name = name;
    }

    /** Opens a file. */
    static Watched open(Source.File file, Importing.Watch watch) throws IOException {
        var name = "File " + Texts.shown(file.path(), 150);
        watch.at(name);
        return new Watched(file.opener().open(), watch, name);
    }

    @Override
    public int read() throws IOException {
        var one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    /**
     * @throws Importing.Stopped when nobody waits for it any more
     */
    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        int some = super.read(into, offset, length);
        count += Math.max(0, some);
        if (count - told >= STEP) {
            told = count;
        }
        watch.at(told == 0 ? name : "%s: %,d MB".formatted(name, told / 1_000_000));
        return some;
    }

    @Override
    public boolean markSupported() {
        return false;
    }
}
