package dev.atelier.rendering;

import dev.atelier.confinement.Confinement;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The main class of the rendering process.
 *
 * <p>A request is a length of four bytes (big-endian) and JSON in UTF-8; an answer is the same. One
 * is answered after the other. What requests and answers hold is written in {@code
 * rendering/requests.js}. The process ends when its input does, so it never outlives the portal.
 *
 * <p>Arguments: the files of Nunjucks and of the requests.
 */
public final class Renderer {

    /** Templates nest within this; a parser deeper than it gives up with an error of its own. */
    private static final long STACK = 8L << 20;

    private final Engine engine;
    private final DataInputStream in;
    private final DataOutputStream out;
    private final int most;

    private Renderer(Engine engine, DataInputStream in, DataOutputStream out, int most) {
        this.engine = engine;
        this.in = in;
        this.out = out;
        this.most = most;
    }

    public static void main(String[] args) throws IOException, InterruptedException {
        var in =
                new DataInputStream(
                        new BufferedInputStream(new FileInputStream(FileDescriptor.in), 64 << 10));
        var out =
                new DataOutputStream(
                        new BufferedOutputStream(
                                new FileOutputStream(FileDescriptor.out), 64 << 10));
        // Whatever prints must not come between the answers.
        System.setOut(System.err);
        var library = Files.readString(Path.of(args[0]));
        var requests = Files.readString(Path.of(args[1]));
        // Before any byte of a template is read.
        Confinement.enter().forEach(System.err::println);
        var renderer =
                new Renderer(
                        new Engine(library, requests),
                        in,
                        out,
                        Integer.getInteger("rendering.most", 32 << 20));
        var thread = new Thread(null, renderer::serve, "renderer", STACK);
        thread.start();
        thread.join();
        Runtime.getRuntime().halt(0);
    }

    private void serve() {
        try {
            engine.warmUp();
            // Ready: an answer without a request.
            send("{}");
            while (true) {
                engine.prepare();
                send(engine.answer(next()));
            }
        } catch (EOFException _) {
            // The portal has no more to ask.
        } catch (IOException e) {
            System.err.println(e);
        } catch (OutOfMemoryError _) {
            System.err.println("out of memory");
            Runtime.getRuntime().halt(137);
        }
    }

    private String next() throws IOException {
        int length = in.readInt();
        if (length < 0 || length > most) {
            throw new IOException("a request of " + length + " bytes");
        }
        return new String(in.readNBytes(length), StandardCharsets.UTF_8);
    }

    private void send(String answer) throws IOException {
        var bytes = answer.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > most) {
            bytes =
                    "{\"error\":{\"reason\":\"It gives more than %d MB.\"}}"
                            .formatted(most >> 20)
                            .getBytes(StandardCharsets.UTF_8);
        }
        out.writeInt(bytes.length);
        out.write(bytes);
        out.flush();
    }
}
