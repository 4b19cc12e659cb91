package dev.atelier.monitoring;

import com.fasterxml.jackson.databind.JsonNode;
import dev.atelier.platform.database.Sql;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Parts of a version's traffic that are judged by themselves too. They are few: who sends names
 * without end, say one for each customer, gets the first, and one more of all others.
 */
@ApplicationScoped
class Segments {

    static final int MOST = 50;
    static final int LONGEST = 200;

    /** All segments after the first {@value #MOST}. */
    static final String OTHERS = "OTHER";

    private final Sql sql;

    Segments(Sql sql) {
        this.sql = sql;
    }

    /** Whether it may be one; empty stands for none. */
    static boolean isName(JsonNode name) {
        return name.isTextual()
                && name.textValue().length() <= LONGEST
                && name.textValue().chars().noneMatch(Character::isISOControl);
    }

    /**
     * What segments are counted as: themselves, or {@link #OTHERS}. Within a transaction that holds
     * the version.
     */
    Map<String, String> counted(String model, int version, Set<String> names) {
        var counted = new HashMap<String, String>();
        if (names.stream().allMatch(String::isEmpty)) {
            names.forEach(name -> counted.put(name, name));
            return counted;
        }
        var known =
                new HashSet<>(
                        sql.list(
                                "select name from monitoring_segment where model = ? and version = ?",
                                row -> row.getString(1),
                                model,
                                version));
        names.stream()
                .sorted()
                .forEach(
                        name -> {
                            if (name.isEmpty() || name.equals(OTHERS) || known.contains(name)) {
                                counted.put(name, name);
                            } else if (known.size() < MOST) {
                                begin(model, version, name);
                                known.add(name);
                                counted.put(name, name);
                            } else {
                                counted.put(name, OTHERS);
                            }
                        });
        return counted;
    }

    private void begin(String model, int version, String name) {
        sql.update(
                """
                insert into monitoring_segment (model, version, name) values (?, ?, ?)
                on conflict do nothing
                """,
                model,
                version,
                name);
    }
}
