package dev.atelier.sandbox;

/** How alike texts are: cosine of their embeddings. */
record Similarity(double cosine, String verdict, int dimensions) implements Part {
    @Override
    public String summary() {
        return "similarity " + Figures.decimal(cosine, 2);
    }

    static Similarity of(double cosine, int dimensions) {
        var verdict =
                cosine >= 0.8
                        ? "Very close"
                        : cosine >= 0.6 ? "Close" : cosine >= 0.35 ? "Related" : "Not alike";
        return new Similarity(cosine, verdict, dimensions);
    }

    public String figure() {
        return Figures.decimal(cosine, 3);
    }

    public String width() {
        return Figures.width(Math.max(0, cosine));
    }
}
