package dev.atelier.platform.web;

import io.quarkus.qute.RawString;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.commonmark.Extension;
import org.commonmark.ext.gfm.tables.TableCell;
import org.commonmark.ext.gfm.tables.TablesExtension;
import org.commonmark.node.AbstractVisitor;
import org.commonmark.node.CustomNode;
import org.commonmark.node.Heading;
import org.commonmark.node.Image;
import org.commonmark.node.Link;
import org.commonmark.node.Node;
import org.commonmark.parser.Parser;
import org.commonmark.renderer.html.AttributeProvider;
import org.commonmark.renderer.html.HtmlRenderer;
import org.commonmark.renderer.text.TextContentRenderer;
import org.owasp.html.HtmlPolicyBuilder;
import org.owasp.html.PolicyFactory;

/**
 * Markdown that people wrote, as HTML that cannot harm: HTML in it is shown as text, dangerous
 * addresses lose their link, and what is left passes an allow-list of elements.
 */
public final class Markdown {

    private static final int LONGEST = 1 << 20;
    private static final int DEEPEST = 50;

    /** Before each heading's id, so that no text can take an id that the page itself uses. */
    private static final String PREFIX = "s-";

    private static final List<Extension> EXTENSIONS = List.of(TablesExtension.create());

    private static final Parser PARSER =
            Parser.builder()
                    .extensions(EXTENSIONS)
                    .maxOpenBlockParsers(DEEPEST)
                    .maxInlineNesting(DEEPEST)
                    .build();

    private static final HtmlRenderer RENDERER =
            HtmlRenderer.builder()
                    .extensions(EXTENSIONS)
                    .escapeHtml(true)
                    .sanitizeUrls(true)
                    .attributeProviderFactory(_ -> new Anchors())
                    .build();

    private static final TextContentRenderer TEXT = TextContentRenderer.builder().build();

    private static final PolicyFactory POLICY =
            new HtmlPolicyBuilder()
                    .allowElements(
                            "h1",
                            "h2",
                            "h3",
                            "h4",
                            "h5",
                            "h6",
                            "p",
                            "br",
                            "hr",
                            "ul",
                            "ol",
                            "li",
                            "blockquote",
                            "pre",
                            "code",
                            "em",
                            "strong",
                            "table",
                            "thead",
                            "tbody",
                            "tr",
                            "th",
                            "td",
                            "a",
                            "img")
                    .allowAttributes("id")
                    .onElements("h1", "h2", "h3", "h4", "h5", "h6")
                    .allowAttributes("href", "title")
                    .onElements("a")
                    .allowAttributes("src", "alt", "title")
                    .onElements("img")
                    .allowAttributes("start")
                    .onElements("ol")
                    .allowAttributes("align")
                    .matching(true, "left", "right", "center")
                    .onElements("th", "td")
                    .allowUrlProtocols("http", "https", "mailto")
                    .requireRelNofollowOnLinks()
                    .toFactory();

    private Markdown() {}

    /** As part of a section: headings begin at level 3, addresses stay as they stand. */
    public static RawString html(String markdown) {
        return html(markdown, UnaryOperator.identity());
    }

    /** As part of a section: headings begin at level 3. */
    public static RawString html(String markdown, UnaryOperator<String> addresses) {
        return html(markdown, addresses, 3);
    }

    /**
     * @param addresses turns each address of a link or picture into the one to use, say a relative
     *     one into that of a file of the same bundle
     * @param first level that the text's highest heading becomes; none below it is skipped
     */
    public static RawString html(String markdown, UnaryOperator<String> addresses, int first) {
        var cut =
                markdown.length() <= LONGEST
                        ? markdown
                        : markdown.substring(0, LONGEST) + "\n\n*Cut: the text is over 1 MB.*";
        var document = PARSER.parse(cut);
        document.accept(new Adapting(addresses, first));
        return new RawString(POLICY.sanitize(RENDERER.render(document)));
    }

    /** An id for every heading, from its text; the second of two gets a number. */
    private static final class Anchors implements AttributeProvider {
        private final Map<String, Integer> taken = new HashMap<>();

        @Override
        public void setAttributes(Node node, String tag, Map<String, String> attributes) {
            if (node instanceof Heading) {
                var slug =
                        TEXT.render(node)
                                .toLowerCase(Locale.ROOT)
                                .replaceAll("[^\\p{L}\\p{N}]+", "-")
                                .replaceAll("^-|-$", "");
                var before = taken.merge(slug, 1, Integer::sum);
                attributes.put("id", PREFIX + slug + (before == 1 ? "" : "-" + before));
            }
        }
    }

    private static final class Adapting extends AbstractVisitor {
        private final UnaryOperator<String> addresses;
        private final int first;
        private int highest;
        private int before;

        Adapting(UnaryOperator<String> addresses, int first) {
            this.addresses = addresses;
            this.first = first;
            this.before = first - 1;
        }

        @Override
        public void visit(Heading heading) {
            highest = highest == 0 ? heading.getLevel() : Math.min(highest, heading.getLevel());
            var level = first + heading.getLevel() - highest;
            before = Math.min(6, Math.min(level, before + 1));
            heading.setLevel(before);
            visitChildren(heading);
        }

        /** A heading cell without words heads nothing; screen readers stumble over it. */
        @Override
        public void visit(CustomNode node) {
            if (node instanceof TableCell cell && cell.isHeader() && cell.getFirstChild() == null) {
                cell.setHeader(false);
            }
            visitChildren(node);
        }

        @Override
        public void visit(Link link) {
            var to = link.getDestination();
            link.setDestination(
                    to.startsWith("#") ? "#" + PREFIX + to.substring(1) : addresses.apply(to));
            visitChildren(link);
        }

        @Override
        public void visit(Image image) {
            image.setDestination(addresses.apply(image.getDestination()));
            visitChildren(image);
        }
    }
}
