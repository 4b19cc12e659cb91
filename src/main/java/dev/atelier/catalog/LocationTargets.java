package dev.atelier.catalog;

import dev.atelier.catalog.Sources.Source;
import dev.atelier.catalog.Sources.Target;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a Location entity names: addresses and files, relative to its own place; globs for files.
 */
final class LocationTargets {

    private static final Pattern GLOB = Pattern.compile("[*?{\\[]");

    private final CatalogConfig config;

    LocationTargets(CatalogConfig config) {
        this.config = config;
    }

    /**
     * Adds what the document names to {@code targets}, and what cannot be named to {@code faults}.
     */
    void collect(Source source, EntityDocument document, List<Target> targets, List<Fault> faults) {
        var type = document.specText("type").orElse(source.type());
        var optional = document.specText("presence").orElse("required").equals("optional");
        var named = new ArrayList<String>();
        document.specText("target").ifPresent(named::add);
        named.addAll(EntityDocument.strings(document.spec().path("targets")));
        for (var target : named) {
            try {
                targets.addAll(resolve(source, type, target, optional));
            } catch (Unreadable e) {
                faults.add(Fault.error("spec.targets", e.fault.reason(), e.fault.remedy()));
            }
        }
    }

    private List<Target> resolve(Source source, String type, String target, boolean optional)
            throws Unreadable {
        switch (type) {
            case "url" -> {
                if (target.contains("*")) {
                    throw Unreadable.because(
                            "A pattern cannot be looked up at an address",
                            "Name each file: addresses have no listing. Patterns work for files.");
                }
                try {
                    var base = source.type().equals("url") ? URI.create(source.target()) : null;
                    var uri = base == null ? URI.create(target) : base.resolve(target);
                    return List.of(new Target("url", uri.toString(), optional));
                } catch (IllegalArgumentException e) {
                    throw Unreadable.because(
                            "\"%s\" is not an address".formatted(target), "Correct it.");
                }
            }
            case "file" -> {
                if (!source.type().equals("file")) {
                    throw Unreadable.because(
                            "A location on the network cannot name files of this machine",
                            "Name addresses, relative to this one or full.");
                }
                return files(Path.of(source.target()), target, optional);
            }
            default ->
                    throw Unreadable.because(
                            "The location type \"%s\" is not known".formatted(type),
                            "Write url or file.");
        }
    }

    private List<Target> files(Path from, String target, boolean optional) throws Unreadable {
        try {
            var glob = GLOB.matcher(target);
            var folder = from.resolveSibling(".").normalize();
            if (!glob.find()) {
                var path = folder.resolve(target).normalize();
                inside(path);
                return List.of(new Target("file", path.toString(), optional));
            }
            var fixed = target.substring(0, target.lastIndexOf('/', glob.start()) + 1);
            var base = folder.resolve(fixed).normalize();
            inside(base);
            if (!Files.isDirectory(base)) {
                return List.of();
            }
            var matcher =
                    FileSystems.getDefault()
                            .getPathMatcher("glob:" + target.substring(fixed.length()));
            return SourceTexts.entityFiles(base).stream()
                    .filter(path -> matcher.matches(base.relativize(path)))
                    .map(path -> new Target("file", path.toString(), optional))
                    .toList();
        } catch (InvalidPathException | IOException e) {
            throw Unreadable.because("\"%s\" is not a path".formatted(target), "Correct it.");
        }
    }

    private void inside(Path path) throws Unreadable {
        if (config.roots().stream().noneMatch(path::startsWith)) {
            throw Unreadable.because(
                    "The target lies outside the configured folders",
                    "Move it below one of them, or add its folder with --catalog.");
        }
    }
}
