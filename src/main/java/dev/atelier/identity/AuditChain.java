package dev.atelier.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The hash chain of the audit log: how its parts are hashed, and the walk that verifies all of it.
 *
 * <p>A leaf is SHA-256 of 0x00 0x01 and the fields of a row, an inner node of 0x01 and its two
 * children (an odd one goes up as it is), a seal of 0x02 0x01 and its fields; a field is its length
 * in four bytes, -1 for null, and its UTF-8. The first bytes keep one kind from passing for another
 * (RFC 6962 §2.1 has the same idea).
 */
public final class AuditChain {

    /** What the first seal names as the one before. */
    static final byte[] BEGINNING = new byte[32];

    /**
     * What a walk found.
     *
     * @param fault the first thing that is not as it was sealed; null when all is
     * @param head number and hash of the last seal, to be kept elsewhere: {@code 17:ab12…}
     * @param waiting rows that no seal holds yet
     * @param signed seals with a signature that a key from outside the database made
     */
    public record Verification(
            long seals,
            long signed,
            long events,
            long retired,
            long waiting,
            @Nullable String head,
            @Nullable String fault) {

        public boolean whole() {
            return fault == null;
        }
    }

    private AuditChain() {}

    static byte[] sealHash(long n, String at, byte[] previous, int count, byte[] root) {
        var hash = sha256();
        hash.update((byte) 2);
        hash.update((byte) 1);
        field(hash, Long.toString(n));
        field(hash, at);
        hash.update(previous);
        field(hash, Integer.toString(count));
        hash.update(root);
        return hash.digest();
    }

    static byte[] root(List<byte[]> leaves) {
        var level = leaves;
        while (level.size() > 1) {
            var next = new ArrayList<byte[]>((level.size() + 1) / 2);
            for (int i = 0; i + 1 < level.size(); i += 2) {
                var hash = sha256();
                hash.update((byte) 1);
                hash.update(level.get(i));
                hash.update(level.get(i + 1));
                next.add(hash.digest());
            }
            if (level.size() % 2 == 1) {
                next.add(level.getLast());
            }
            level = next;
        }
        return level.getFirst();
    }

    private static byte[] leaf(ResultSet row) throws SQLException {
        var hash = sha256();
        hash.update((byte) 0);
        hash.update((byte) 1);
        for (var column :
                List.of("id", "at", "actor", "action", "resource", "outcome", "origin", "detail")) {
            field(hash, row.getString(column));
        }
        return hash.digest();
    }

    private static void field(MessageDigest hash, @Nullable String value) {
        if (value == null) {
            hash.update(ByteBuffer.allocate(4).putInt(-1).flip());
            return;
        }
        var bytes = value.getBytes(StandardCharsets.UTF_8);
        hash.update(ByteBuffer.allocate(4).putInt(bytes.length).flip());
        hash.update(bytes);
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Walks all seals and rows.
     *
     * @param kept a head noted before, {@code 17:ab12…}: that seal must still be there with that
     *     hash, which a chain alone cannot prove; null when none was noted
     */
    static Verification verify(DataSource database, SealKeys keys, @Nullable String kept)
            throws SQLException {
        try (var connection = database.getConnection()) {
            connection.setAutoCommit(false);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            connection.setReadOnly(true);
            try {
                return new Walk(connection, keys, kept).verify();
            } finally {
                connection.rollback();
                connection.setReadOnly(false);
            }
        }
    }

    private static final class Walk {
        private final Connection connection;
        private final SealKeys keys;
        private final @Nullable String kept;
        private long seals;
        private long signed;
        private long events;
        private long retired;
        private byte[] head = BEGINNING;
        private boolean keptSeen;

        Walk(Connection connection, SealKeys keys, @Nullable String kept) {
            this.connection = connection;
            this.keys = keys;
            this.kept = kept;
        }

        Verification verify() throws SQLException {
            var fault = chain();
            if (fault == null) {
                fault = outside();
            }
            if (fault == null && kept != null && !keptSeen) {
                fault =
                        "The seal %s that was noted before is not there: the end of the log was cut off or written anew."
                                .formatted(kept);
            }
            return new Verification(
                    seals,
                    signed,
                    events,
                    retired,
                    number("select count(*) from audit_unsealed"),
                    seals == 0 ? null : seals + ":" + HexFormat.of().formatHex(head),
                    fault);
        }

        private @Nullable String chain() throws SQLException {
            try (var statement = connection.createStatement()) {
                statement.setFetchSize(1000);
                try (var rows =
                        statement.executeQuery(
                                "select n, at, previous, count, root, hash, key_id, signature from audit_seal order by n")) {
                    while (rows.next()) {
                        var fault = seal(rows);
                        if (fault != null) {
                            return fault;
                        }
                    }
                }
            }
            return null;
        }

        private @Nullable String seal(ResultSet row) throws SQLException {
            long n = row.getLong(1);
            if (n != seals + 1) {
                return "Seal %d is missing.".formatted(seals + 1);
            }
            if (!Arrays.equals(row.getBytes(3), head)) {
                return "Seal %d does not follow the one before it.".formatted(n);
            }
            var root = row.getBytes(5);
            int count = row.getInt(4);
            var hash = sealHash(n, row.getString(2), head, count, root);
            if (!Arrays.equals(row.getBytes(6), hash)) {
                return "Seal %d was changed.".formatted(n);
            }
            switch (keys.check(n, hash, row.getString(7), row.getBytes(8))) {
                case SIGNED -> signed++;
                case UNSIGNED -> {}
                case FORGED -> {
                    return "Seal %d was not signed with this portal's key: the chain was written anew."
                            .formatted(n);
                }
            }
            var fault = leaves(n, count, root);
            if (fault != null) {
                return fault;
            }
            seals = n;
            head = hash;
            keptSeen |= (n + ":" + HexFormat.of().formatHex(hash)).equals(kept);
            return null;
        }

        private @Nullable String leaves(long seal, int count, byte[] root) throws SQLException {
            var leaves = new ArrayList<byte[]>(count);
            try (var statement =
                    connection.prepareStatement(
                            """
                            select l.event_id, l.hash as leaf, e.id,
                                   to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at,
                                   e.actor, e.action, e.resource, e.outcome, e.origin, e.detail
                            from audit_leaf l left join audit_event e on e.id = l.event_id
                            where l.seal = ? order by l.position
                            """)) {
                statement.setLong(1, seal);
                try (var rows = statement.executeQuery()) {
                    while (rows.next()) {
                        var leaf = rows.getBytes("leaf");
                        if (rows.getString("id") == null) {
                            retired++;
                        } else if (!Arrays.equals(leaf, leaf(rows))) {
                            return "Event %d in seal %d was changed."
                                    .formatted(rows.getLong("event_id"), seal);
                        } else {
                            events++;
                        }
                        leaves.add(leaf);
                    }
                }
            }
            if (leaves.size() != count || !Arrays.equals(root(leaves), root)) {
                return "Seal %d holds other events than it was made of.".formatted(seal);
            }
            return null;
        }

        /** Rows that neither a seal nor the queue knows, and gaps that retention did not make. */
        private @Nullable String outside() throws SQLException {
            long lost =
                    number(
                            """
                            select count(*) from audit_event e
                            where not exists (select 1 from audit_leaf l where l.event_id = e.id)
                              and not exists (select 1 from audit_unsealed u where u.event_id = e.id)
                            """);
            if (lost > 0) {
                return lost + " events are in no seal and do not wait for one.";
            }
            long gone =
                    number(
                            """
                            select count(*) from audit_leaf l
                            where not exists (select 1 from audit_event e where e.id = l.event_id)
                              and l.event_id >= coalesce((select max(below) from audit_retirement), 0)
                            """);
            return gone > 0 ? gone + " events were removed, and not by retention." : null;
        }

        private long number(String query) throws SQLException {
            try (var statement = connection.createStatement();
                    var rows = statement.executeQuery(query)) {
                rows.next();
                return rows.getLong(1);
            }
        }
    }
}
