package dev.atelier.identity;

import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Secrets that features keep for people and towards other systems, encrypted. */
@ApplicationScoped
public class KeptSecrets {

    private static final Logger LOG = Logger.getLogger(KeptSecrets.class);

    private final Sql sql;
    private final SecretBox box;

    KeptSecrets(Sql sql, SecretBox box) {
        this.sql = sql;
        this.box = box;
    }

    /**
     * Keeps a secret in place of the one of the same name.
     *
     * @param name says what it is for; it opens under this name only
     */
    public void put(String name, byte[] secret) {
        var closed = box.close(secret, name);
        sql.update(
                """
                insert into kept_secret (name, key_id, closed) values (?, ?, ?)
                on conflict (name) do update set key_id = excluded.key_id, closed = excluded.closed
                """,
                name,
                SecretBox.keyOf(closed),
                closed);
    }

    /** Empty when there is none, or its key is gone. */
    public Optional<byte[]> get(String name) {
        return sql.first(
                        "select closed from kept_secret where name = ?",
                        row -> row.getBytes(1),
                        name)
                .flatMap(
                        closed -> {
                            try {
                                return Optional.of(box.open(closed, name));
                            } catch (SecretBox.Closed e) {
                                LOG.warnf(
                                        "The secret %s cannot be opened: %s", name, e.getMessage());
                                return Optional.empty();
                            }
                        });
    }

    /** Whether there is one, though its key may be gone. */
    public boolean holds(String name) {
        return sql.first("select 1 from kept_secret where name = ?", row -> 1, name).isPresent();
    }

    public void drop(String name) {
        sql.update("delete from kept_secret where name = ?", name);
    }
}
