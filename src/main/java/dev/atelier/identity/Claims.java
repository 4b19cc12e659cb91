package dev.atelier.identity;

import java.util.Arrays;
import java.util.Collection;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the sign-in provider says of somebody, in Atelier's words.
 *
 * @param subject the provider's key, which never changes
 * @param name what the account is to be called; empty when the provider's name cannot be one
 * @param said the provider's name as it came, for messages
 * @param groups references, say {@code group:default/vision}
 */
record Claims(
        String issuer,
        String subject,
        Optional<String> name,
        String said,
        String displayName,
        @Nullable String email,
        Account.Kind kind,
        Set<Role> roles,
        Set<String> groups) {

    /** Names of accounts, and of groups in the catalog. */
    private static final Pattern NAME = Pattern.compile("[a-z0-9]+([-_.][a-z0-9]+)*");

    private static final int LONGEST_NAME = 63;
    private static final int MOST_GROUPS = 1_000;

    /** How claims are read: configuration, taken apart once. */
    static final class Reading {
        private final OidcConfig config;
        private final Map<String, Role> roleMap = new HashMap<>();

        /**
         * @throws IllegalArgumentException when the map of roles cannot be read
         */
        Reading(OidcConfig config) {
            this.config = config;
            for (var entry : config.roleMap().orElse(List.of())) {
                var at = entry.lastIndexOf('=');
                var role =
                        at < 1 ? Optional.<Role>empty() : Role.of(entry.substring(at + 1).strip());
                roleMap.put(
                        entry.substring(0, Math.max(0, at)).strip(),
                        role.orElseThrow(
                                () ->
                                        new IllegalArgumentException(
                                                "ATELIER_OIDC_ROLE_MAP: write value=role, where role is one of %s; not \"%s\""
                                                        .formatted(
                                                                Arrays.stream(Role.values())
                                                                        .map(Role::id)
                                                                        .toList(),
                                                                entry))));
            }
        }

        /**
         * What these tokens say together.
         *
         * @param tokens claims of verified tokens of one person, the ID token first
         */
        Claims of(String issuer, String subject, List<Map<String, Object>> tokens) {
            var said = text(tokens, config.nameClaim());
            var client = text(tokens, "azp").or(() -> text(tokens, "client_id"));
            var robot =
                    said.isPresent()
                            && client.isPresent()
                            && said.get().equalsIgnoreCase("service-account-" + client.get());
            var name = said.flatMap(this::name);
            return new Claims(
                    issuer,
                    subject,
                    name,
                    said.orElse(""),
                    text(tokens, "name").or(() -> said).orElse(subject),
                    text(tokens, "email").orElse(null),
                    robot ? Account.Kind.SERVICE : Account.Kind.PERSON,
                    roles(tokens),
                    groups(tokens));
        }

        private Optional<String> name(String said) {
            var name = said.strip().toLowerCase(Locale.ROOT);
            var domain = config.emailDomain().map(d -> "@" + d.strip().toLowerCase(Locale.ROOT));
            if (domain.isPresent()) {
                if (!name.endsWith(domain.get())) {
                    return Optional.empty();
                }
                name = name.substring(0, name.length() - domain.get().length());
            }
            return name.length() <= LONGEST_NAME && NAME.matcher(name).matches()
                    ? Optional.of(name)
                    : Optional.empty();
        }

        private Set<Role> roles(List<Map<String, Object>> tokens) {
            var roles = EnumSet.noneOf(Role.class);
            for (var path : config.rolesClaim()) {
                for (var value : values(tokens, path.strip())) {
                    Optional.ofNullable(roleMap.get(value))
                            .or(() -> Role.of(value))
                            .ifPresent(roles::add);
                }
            }
            return roles;
        }

        private Set<String> groups(List<Map<String, Object>> tokens) {
            var groups = new TreeSet<String>();
            for (var value : values(tokens, config.groupsClaim())) {
                // Keycloak may write the full path: /risk/scoring is risk.scoring here.
                var name = value.strip().toLowerCase(Locale.ROOT).replaceFirst("^/", "");
                name = name.replace('/', '.').replace(' ', '-');
                if (name.length() <= LONGEST_NAME
                        && NAME.matcher(name).matches()
                        && groups.size() < MOST_GROUPS) {
                    groups.add("group:default/" + name);
                }
            }
            return groups;
        }

        private static Optional<String> text(List<Map<String, Object>> tokens, String claim) {
            return tokens.stream()
                    .map(claims -> at(claims, claim))
                    .filter(value -> value instanceof String text && !text.isBlank())
                    .map(Object::toString)
                    .findFirst();
        }

        private static Set<String> values(List<Map<String, Object>> tokens, String claim) {
            var values = new HashSet<String>();
            for (var claims : tokens) {
                switch (at(claims, claim)) {
                    case String text -> values.add(text);
                    case Collection<?> many ->
                            many.stream()
                                    .filter(String.class::isInstance)
                                    .forEach(one -> values.add((String) one));
                    case null, default -> {}
                }
            }
            return values;
        }

        /** A claim by its name, which may hold dots itself, else by the path the dots make. */
        private static @Nullable Object at(Map<?, ?> claims, String path) {
            if (claims.containsKey(path)) {
                return claims.get(path);
            }
            var dot = path.indexOf('.');
            return dot > 0 && claims.get(path.substring(0, dot)) instanceof Map<?, ?> inner
                    ? at(inner, path.substring(dot + 1))
                    : null;
        }
    }

    /** For a page that must say whom it means. */
    String shown() {
        return said.isBlank() ? subject : Objects.requireNonNullElse(name.orElse(null), said);
    }
}
