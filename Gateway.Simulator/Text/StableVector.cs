using System.Text;

namespace Gateway.Simulator.Text;

/// <summary>The embedding of a text.</summary>
internal static class StableVector
{
    /// <summary>A unit vector that depends on seed, model and text only: equal texts in two requests, or two protocols, are equal vectors, and shorter ones are prefixes before scaling.</summary>
    public static float[] Of(ulong seed, string model, string text, int dimensions)
    {
        var random = new StableRandom(StableRandom.SeedOf(StableRandom.SeedOf(seed, Encoding.UTF8.GetBytes(model)), Encoding.UTF8.GetBytes(text)));
        var vector = new float[dimensions];
        var squares = 0.0;
        for (var index = 0; index < dimensions; index++)
        {
            vector[index] = (random.Next(2_000_001) - 1_000_000) / 1_000_000f;
            squares += (double)vector[index] * vector[index];
        }

        // One dimension may have come out as 0; a vector without a direction is no answer.
        if (squares == 0)
        {
            vector[0] = 1;
            squares = 1;
        }

        var scale = 1 / Math.Sqrt(squares);
        for (var index = 0; index < dimensions; index++)
        {
            vector[index] = (float)(vector[index] * scale);
        }

        return vector;
    }
}
