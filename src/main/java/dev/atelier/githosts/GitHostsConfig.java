package dev.atelier.githosts;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithParentName;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The hosts that an administrator offers, by a name of their own; docs/golden-paths.md. */
@ConfigMapping(prefix = "atelier.git-hosts")
interface GitHostsConfig {

    @WithParentName
    Map<String, Host> hosts();

    /** One host. */
    interface Host {

        HostKind kind();

        /** As {@code repoUrl} names it; the one that the makers of its software run, unless set. */
        Optional<String> host();

        /** Its pages and repositories; {@code https://<host>} unless set. */
        Optional<String> url();

        /** Its API, without a slash at the end; by its kind unless set. */
        Optional<String> api();

        /** What the portal is known by there; none: steps bring their own. */
        Optional<String> token();

        /** Owners whom golden paths may publish for; all that the token reaches, unless set. */
        Optional<List<String>> owners();

        /**
         * What templates may fetch with the token, as {@code owner/repository} or {@code owner/*}.
         * None unless set: whoever may try a template out could read it.
         */
        Optional<List<String>> read();
    }
}
