package dev.atelier.experiments;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** A statement that is put together, with the values of its question marks in their order. */
public final class SqlText {

    private final StringBuilder text = new StringBuilder();
    private final List<@Nullable Object> values = new ArrayList<>();

    /**
     * @param part never what somebody sent
     */
    public SqlText add(String part, @Nullable Object... values) {
        text.append(part);
        this.values.addAll(Arrays.asList(values));
        return this;
    }

    public SqlText add(SqlText other) {
        text.append(other.text);
        values.addAll(other.values);
        return this;
    }

    public String text() {
        return text.toString();
    }

    public @Nullable Object[] values() {
        return values.toArray();
    }
}
