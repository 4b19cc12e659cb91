package dev.atelier.catalog;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Contributes cells to the title block of entities; see {@link EntityTab}. */
public interface EntityFact {

    List<Fact> facts(Entity entity);

    /**
     * One cell. The catalog's own are owner (30), lifecycle (40), system (50), source (60); at most
     * six cells are drawn, those of lowest order.
     *
     * @param link address behind the value
     * @param status state for the mark before the value: ok, watch, warn, fail, run, wait, off, dep
     * @param note small text behind the value
     * @param tag label behind the value, say an alias
     */
    record Fact(
            String title,
            String value,
            int order,
            @Nullable String link,
            @Nullable String status,
            @Nullable String note,
            @Nullable String tag) {

        public Fact(String title, String value, int order) {
            this(title, value, order, null, null, null, null);
        }

        public Fact link(String address) {
            return new Fact(title, value, order, address, status, note, tag);
        }

        public Fact status(String state) {
            return new Fact(title, value, order, link, state, note, tag);
        }

        public Fact note(String text) {
            return new Fact(title, value, order, link, status, text, tag);
        }

        public Fact tag(String text) {
            return new Fact(title, value, order, link, status, note, text);
        }
    }
}
