package dev.atelier.identity;

import java.util.Collection;
import java.util.Collections;
import java.util.NavigableSet;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What somebody is not shown.
 *
 * @param hidden references of things that are not there for them: in no list, count or search
 * @param closed those, and things of which they find the catalog's entry only
 */
public record Blind(NavigableSet<String> hidden, NavigableSet<String> closed) {

    /** The portal's own work sees all. */
    static final Blind TO_NOTHING =
            new Blind(Collections.emptyNavigableSet(), Collections.emptyNavigableSet());

    static Blind to(Collection<Resource> unreadable) {
        return unreadable.isEmpty()
                ? TO_NOTHING
                : new Blind(
                        refs(
                                unreadable.stream()
                                        .filter(
                                                r ->
                                                        r.visibility()
                                                                == Resource.Visibility.RESTRICTED)
                                        .toList()),
                        refs(unreadable));
    }

    private static NavigableSet<String> refs(Collection<Resource> resources) {
        return Collections.unmodifiableNavigableSet(
                resources.stream()
                        .map(Resource::ref)
                        .collect(Collectors.toCollection(TreeSet::new)));
    }
}
