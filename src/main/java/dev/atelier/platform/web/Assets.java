package dev.atelier.platform.web;

import io.quarkus.qute.TemplateExtension;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Addresses of styles, scripts and icons, with a digest of the content so that browsers may keep
 * them.
 */
@TemplateExtension(namespace = "asset")
public class Assets {

    private static final Map<String, String> URLS = new ConcurrentHashMap<>();

    private Assets() {}

    /** The address of a file below {@code META-INF/resources/assets}. */
    public static String url(String name) {
        return URLS.computeIfAbsent(name, Assets::withDigest);
    }

    private static String withDigest(String name) {
        var path = "META-INF/resources/assets/" + name;
        try (var in = Thread.currentThread().getContextClassLoader().getResourceAsStream(path)) {
            if (in == null) {
                throw new IllegalArgumentException("No such asset: " + name);
            }
            var digest = MessageDigest.getInstance("SHA-256").digest(in.readAllBytes());
            return "/assets/" + name + "?v=" + HexFormat.of().formatHex(digest, 0, 6);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
