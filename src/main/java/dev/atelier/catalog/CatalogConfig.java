package dev.atelier.catalog;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Settings of the catalog. */
@ConfigMapping(prefix = "atelier.catalog")
interface CatalogConfig {

    /** Folders and files of entities beside the built-in ones. */
    Optional<List<String>> folders();

    /** Seconds between two reads of a source; each waits up to half as long again, by chance. */
    @WithDefault("100")
    int interval();

    /** What becomes of entities that nothing names any more. */
    @WithDefault("delete")
    Orphans orphans();

    /**
     * Which kinds locations may give; see {@link AllowedKinds}. As Backstage's {@code
     * catalog.rules}: an entity is taken when one rule that is about its location allows it.
     */
    List<Rule> rules();

    /** Nobody registers, changes or removes locations and entities through pages and APIs. */
    @WithDefault("false")
    boolean readonly();

    /** A rule of {@link #rules}. */
    interface Rule {
        /** Kinds, say {@code Component}, or a kind with one type: {@code Resource:ai-model}. */
        List<String> allow();

        /** Where it holds; without any, for every address. */
        List<Location> locations();

        /** One place of a rule: of this type, and exactly this or one of this pattern. */
        interface Location {
            @WithDefault("url")
            String type();

            Optional<String> exact();

            /** {@code *} matches within a part of the path, {@code **} across. */
            Optional<String> pattern();
        }
    }

    enum Orphans {
        DELETE,
        KEEP
    }

    /** The folders and files that are there by configuration: the built-in catalog first. */
    default List<Path> roots() {
        var roots = new ArrayList<Path>();
        Optional.ofNullable(System.getProperty("atelier.home"))
                .ifPresent(
                        home -> {
                            roots.add(Path.of(home, "catalog"));
                            roots.add(Path.of(home, "golden-paths"));
                        });
        folders()
                .orElse(List.of())
                .forEach(
                        folder -> {
                            if (!folder.isBlank()) {
                                roots.add(Path.of(folder.strip()));
                            }
                        });
        return roots.stream().map(path -> path.toAbsolutePath().normalize()).distinct().toList();
    }

    /** A location as people read it: files by their path from the folder above their root. */
    default String shown(String location) {
        var target = location.substring(location.indexOf(':') + 1);
        if (location.startsWith("file:") || location.startsWith("folder:")) {
            for (var root : roots()) {
                var parent = root.getParent();
                if (parent != null
                        && (target.equals(root.toString()) || target.startsWith(root + "/"))) {
                    return parent.relativize(Path.of(target)).toString();
                }
            }
        }
        return target;
    }
}
