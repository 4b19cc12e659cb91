package dev.atelier.catalog;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Names one entity: {@code kind:namespace/name}, compared and printed in lower case.
 *
 * <p>Written form: {@code [kind:][namespace/]name}. A colon after the first slash separates
 * nothing.
 */
public record EntityRef(String kind, String namespace, String name)
        implements Comparable<EntityRef> {

    public static final String DEFAULT_NAMESPACE = "default";

    public EntityRef {
        kind = kind.toLowerCase(Locale.ROOT);
        namespace = namespace.toLowerCase(Locale.ROOT);
        name = name.toLowerCase(Locale.ROOT);
        if (kind.isEmpty() || namespace.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException(
                    "An entity reference needs a kind, a namespace and a name");
        }
    }

    public static EntityRef of(String kind, String name) {
        return new EntityRef(kind, DEFAULT_NAMESPACE, name);
    }

    /**
     * Reads a full reference; a missing namespace means {@code default}.
     *
     * @throws IllegalArgumentException when the kind or another part is missing
     */
    public static EntityRef parse(String text) {
        return parse(text, null, DEFAULT_NAMESPACE);
    }

    /**
     * Reads a reference as it stands in a document.
     *
     * @param kind taken when the text names none; null makes a bare name an error
     * @param namespace taken when the text names none: that of the document
     * @throws IllegalArgumentException when a part is missing or empty
     */
    public static EntityRef parse(String text, @Nullable String kind, String namespace) {
        var slash = text.indexOf('/');
        var colon = text.indexOf(':');
        if (slash >= 0 && colon > slash) {
            colon = -1;
        }
        var foundKind = colon >= 0 ? text.substring(0, colon) : kind;
        var rest = text.substring(colon + 1);
        var slashInRest = rest.indexOf('/');
        var foundNamespace = slashInRest >= 0 ? rest.substring(0, slashInRest) : namespace;
        var name = rest.substring(slashInRest + 1);
        if (foundKind == null) {
            throw new IllegalArgumentException(
                    "\"%s\" names no kind; write kind:name, for example resource:%s"
                            .formatted(text, text));
        }
        if (foundKind.isEmpty() || foundNamespace.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException(
                    "\"%s\" is not an entity reference; write [kind:][namespace/]name"
                            .formatted(text));
        }
        return new EntityRef(foundKind, foundNamespace, name);
    }

    /** The page of the entity; it sends on to the page of the feature that owns the kind. */
    public String address() {
        return "/catalog/" + encode(namespace) + "/" + encode(kind) + "/" + encode(name);
    }

    private static String encode(String part) {
        return URLEncoder.encode(part, StandardCharsets.UTF_8).replace("+", "%20");
    }

    @Override
    public int compareTo(EntityRef other) {
        return toString().compareTo(other.toString());
    }

    @Override
    public String toString() {
        return kind + ":" + namespace + "/" + name;
    }
}
