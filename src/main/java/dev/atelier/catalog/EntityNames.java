package dev.atelier.catalog;

import java.net.URI;
import java.net.URISyntaxException;
import java.util.regex.Pattern;

/** How the names in entity documents are built (catalog-model 1.10). */
final class EntityNames {

    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]+(?:-+[a-z0-9]+)*");
    private static final Pattern OBJECT_NAME =
            Pattern.compile("([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]");
    private static final Pattern VERSION = Pattern.compile("[a-z0-9A-Z]+");
    private static final Pattern KIND = Pattern.compile("[a-zA-Z][a-z0-9A-Z]*");
    private static final Pattern TAG = Pattern.compile("[a-z0-9:+#]+(-[a-z0-9:+#]+)*");

    private EntityNames() {}

    static boolean isApiVersion(String text) {
        var slash = text.indexOf('/');
        var version = text.substring(slash + 1);
        return (slash < 0 || isDnsSubdomain(text.substring(0, slash)))
                && version.length() <= 63
                && VERSION.matcher(version).matches();
    }

    static boolean isKind(String text) {
        return text.length() <= 63 && KIND.matcher(text).matches();
    }

    static boolean isObjectName(String text) {
        return !text.isEmpty() && text.length() <= 63 && OBJECT_NAME.matcher(text).matches();
    }

    static boolean isDnsLabel(String text) {
        return text.length() <= 63 && DNS_LABEL.matcher(text).matches();
    }

    static boolean isDnsSubdomain(String text) {
        if (text.isEmpty() || text.length() > 253) {
            return false;
        }
        for (var label : text.split("\\.", -1)) {
            if (!isDnsLabel(label)) {
                return false;
            }
        }
        return true;
    }

    static boolean isTag(String text) {
        return text.length() <= 63 && TAG.matcher(text).matches();
    }

    static boolean isAbsoluteUrl(String text) {
        try {
            var uri = new URI(text.strip());
            return uri.isAbsolute() && !uri.getSchemeSpecificPart().isEmpty();
        } catch (URISyntaxException e) {
            return false;
        }
    }
}
