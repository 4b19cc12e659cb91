package dev.atelier.faults;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * A proxy in front of PostgreSQL that breaks connections: all of them at once, or one exactly at a
 * COMMIT. It reads what the client sends as messages (PostgreSQL's protocol 3), since the driver
 * prepares COMMIT once and then sends only its name.
 */
public final class FaultProxy implements AutoCloseable {

    /** Where the next COMMIT is cut; the client sees the same in both cases. */
    public enum Cut {
        /** The database never hears of it. */
        BEFORE_COMMIT,
        /** The database has done it; its answer is lost. */
        AFTER_COMMIT
    }

    private static final int ENCRYPTION_REQUESTS = 80877103;
    private static final byte[] COMMITTED = "COMMIT\0".getBytes(StandardCharsets.US_ASCII);

    private final ServerSocket door;
    private final InetSocketAddress database;
    private final Set<Link> links = ConcurrentHashMap.newKeySet();
    private final AtomicReference<@Nullable Cut> next = new AtomicReference<>();
    private final AtomicInteger cuts = new AtomicInteger();
    private volatile String statement = "";
    private volatile boolean refusing;
    private volatile boolean refusesAfterCut;
    private volatile long delay;

    public FaultProxy(int databasePort) throws IOException {
        database = new InetSocketAddress(InetAddress.getLoopbackAddress(), databasePort);
        door = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("fault-proxy").start(this::accept);
    }

    public int port() {
        return door.getLocalPort();
    }

    /**
     * Cuts a connection at the next COMMIT of a transaction that has sent such a statement.
     *
     * @param containing a part of the statement's text
     */
    public void cutCommit(Cut how, String containing) {
        statement = containing;
        next.set(how);
    }

    /** Commits that were cut. */
    public int cuts() {
        return cuts.get();
    }

    /** Resets all connections. */
    public void cutAll() {
        links.forEach(Link::reset);
    }

    /** New connections are reset at once. */
    public void refuse(boolean refuse) {
        refusing = refuse;
    }

    /** New connections are refused from the next cut on, as if the database were gone. */
    public void refuseAfterCut(boolean refuse) {
        refusesAfterCut = refuse;
        refusing = false;
    }

    /** Each message of the client arrives so much later. */
    public void delay(long millis) {
        delay = millis;
    }

    private void accept() {
        while (!door.isClosed()) {
            try {
                var client = door.accept();
                client.setTcpNoDelay(true);
                if (refusing) {
                    reset(client);
                } else {
                    new Link(client, new Socket(database.getAddress(), database.getPort())).start();
                }
            } catch (IOException e) {
                // Closed, or the database is away: whoever connects sees a reset.
            }
        }
    }

    private static void reset(Socket socket) {
        try {
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            // It is gone already.
        }
    }

    @Override
    public void close() throws IOException {
        door.close();
        cutAll();
    }

    private final class Link {
        private final Socket client;
        private final Socket server;
        private final Map<String, String> prepared = new HashMap<>();
        private final StringBuilder sent = new StringBuilder();
        private volatile boolean hidesAnswer;

        Link(Socket client, Socket server) throws IOException {
            this.client = client;
            this.server = server;
            server.setTcpNoDelay(true);
        }

        void start() {
            links.add(this);
            Thread.ofVirtual().start(() -> pump(this::requests));
            Thread.ofVirtual().start(() -> pump(this::answers));
        }

        void reset() {
            links.remove(this);
            FaultProxy.reset(client);
            FaultProxy.reset(server);
        }

        private interface Direction {
            void flow() throws IOException;
        }

        private void pump(Direction direction) {
            try {
                direction.flow();
            } catch (IOException e) {
                // One side ended; so does the other.
            } finally {
                reset();
            }
        }

        private void requests() throws IOException {
            var in = new DataInputStream(client.getInputStream());
            var out = server.getOutputStream();
            greet(in, out);
            while (true) {
                int type = in.read();
                if (type < 0) {
                    return;
                }
                var body = new byte[in.readInt() - 4];
                in.readFully(body);
                if (isCommit(type, body) && cutThisOne()) {
                    return;
                }
                if (delay > 0 && type == 'S') {
                    PortalProcess.pause(delay);
                }
                out.write(
                        ByteBuffer.allocate(5 + body.length)
                                .put((byte) type)
                                .putInt(4 + body.length)
                                .put(body)
                                .array());
                out.flush();
            }
        }

        /** Messages without a type: requests for encryption, then the start itself. */
        private static void greet(DataInputStream in, OutputStream out) throws IOException {
            boolean started = false;
            while (!started) {
                int length = in.readInt();
                var body = new byte[length - 4];
                in.readFully(body);
                started = ByteBuffer.wrap(body).getInt() < ENCRYPTION_REQUESTS;
                out.write(ByteBuffer.allocate(length).putInt(length).put(body).array());
                out.flush();
            }
        }

        /** Whether this message ends a transaction; remembers what has been sent in it. */
        private boolean isCommit(int type, byte[] body) {
            if (type == 'P') {
                var name = text(body, 0);
                prepared.put(name, text(body, name.length() + 1));
                return false;
            }
            if (type != 'B' && type != 'Q') {
                return false;
            }
            var query =
                    type == 'Q'
                            ? text(body, 0)
                            : prepared.getOrDefault(text(body, text(body, 0).length() + 1), "");
            if (query.equalsIgnoreCase("commit")) {
                return true;
            }
            if (query.equalsIgnoreCase("begin") || query.equalsIgnoreCase("rollback")) {
                sent.setLength(0);
            }
            sent.append(query).append(';');
            return false;
        }

        /** Whether nothing more goes to the database. */
        private boolean cutThisOne() {
            var matches = sent.indexOf(statement) >= 0;
            sent.setLength(0);
            var cut = !matches ? null : next.getAndSet(null);
            if (cut == null) {
                return false;
            }
            cuts.incrementAndGet();
            if (refusesAfterCut) {
                refusing = true;
                links.stream().filter(link -> link != this).forEach(Link::reset);
            }
            hidesAnswer = cut == Cut.AFTER_COMMIT;
            return cut == Cut.BEFORE_COMMIT;
        }

        private void answers() throws IOException {
            var in = server.getInputStream();
            var out = client.getOutputStream();
            var buffer = new byte[64 * 1024];
            for (int n; (n = in.read(buffer)) >= 0; ) {
                if (hidesAnswer) {
                    if (contains(buffer, n, COMMITTED)) {
                        return;
                    }
                } else {
                    out.write(buffer, 0, n);
                    out.flush();
                }
            }
        }

        private static String text(byte[] body, int from) {
            int to = from;
            while (to < body.length && body[to] != 0) {
                to++;
            }
            return new String(body, from, to - from, StandardCharsets.UTF_8);
        }

        private static boolean contains(byte[] buffer, int length, byte[] what) {
            for (int at = 0; at + what.length <= length; at++) {
                if (java.util.Arrays.equals(buffer, at, at + what.length, what, 0, what.length)) {
                    return true;
                }
            }
            return false;
        }
    }
}
