package dev.atelier.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A port that leads to another one, and can be shut: then whoever is inside is thrown out, and
 * whoever knocks is turned away at once or, worse, left waiting.
 */
public final class Door implements AutoCloseable {

    private enum State {
        OPEN,
        SHUT,
        SILENT
    }

    private final ServerSocket entrance;
    private final int target;
    private final Set<Socket> inside = ConcurrentHashMap.newKeySet();
    private volatile State state = State.OPEN;

    Door(int target) throws IOException {
        this.target = target;
        entrance = new ServerSocket(0, 200, InetAddress.getLoopbackAddress());
        Thread.ofPlatform().daemon().name("door").start(this::accept);
    }

    public int port() {
        return entrance.getLocalPort();
    }

    public void open() {
        state = State.OPEN;
    }

    /** As a host that answers and a server on it that does not run. */
    public void shut() {
        state = State.SHUT;
        inside.forEach(Door::reset);
    }

    /** As a host that hangs. */
    public void silence() {
        state = State.SILENT;
        inside.forEach(Door::reset);
    }

    private void accept() {
        while (!entrance.isClosed()) {
            try {
                var visitor = entrance.accept();
                switch (state) {
                    case SHUT -> reset(visitor);
                    case SILENT -> inside.add(visitor);
                    case OPEN -> {
                        var there = new Socket(InetAddress.getLoopbackAddress(), target);
                        inside.add(visitor);
                        inside.add(there);
                        carry(visitor, there);
                        carry(there, visitor);
                    }
                }
            } catch (IOException e) {
                // Nobody is at home yet, or the door was closed: the visitor sees an end.
            }
        }
    }

    private void carry(Socket from, Socket to) {
        Thread.ofVirtual()
                .start(
                        () -> {
                            try (from;
                                    to) {
                                from.getInputStream().transferTo(to.getOutputStream());
                            } catch (IOException e) {
                                // One side has gone.
                            } finally {
                                inside.remove(from);
                                inside.remove(to);
                            }
                        });
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
        entrance.close();
        inside.forEach(Door::reset);
    }
}
