using Gateway.Core.Wire;

namespace Gateway.Core.Admission.Shared;

/// <summary>An <see cref="AdmissionTicket"/> in bytes, for the signed context. Stateless.</summary>
internal static class AdmissionTicketCodec
{
    public static void Write(ref WireWriter writer, AdmissionTicket? ticket)
    {
        writer.WriteByte(ticket is null ? (byte)0 : (byte)1);
        if (ticket is null)
        {
            return;
        }

        writer.WriteString(ticket.Organisation);
        writer.WriteByte(ticket.IsHard ? (byte)1 : (byte)0);
        writer.WriteVarint(ticket.HeldNanoUsd);
        writer.WriteVarint(ticket.OutputCap);
        WriteSlots(ref writer, ticket.Budgets);
        writer.WriteStrings(ticket.Places);
        writer.WriteVarint(ticket.TokenRates.Count);
        for (var i = 0; i < ticket.TokenRates.Count; i++)
        {
            var rate = ticket.TokenRates[i];
            writer.WriteString(rate.Id);
            writer.WriteVarint(rate.Limit);
            writer.WriteVarint(rate.Window.Ticks);
        }

        writer.WriteVarint(ticket.ReservedTokens);
        writer.WriteVarint(ticket.Part);
        writer.WriteVarint(ticket.InputTokens);
        writer.WriteVarint(ticket.Terms.Count);
        for (var i = 0; i < ticket.Terms.Count; i++)
        {
            var terms = ticket.Terms[i];
            writer.WriteVarint(terms.Slots);
            writer.WriteVarint(terms.LimitNanoUsd);
            writer.WriteByte(terms.Hard ? (byte)1 : (byte)0);
        }
    }

    /// <exception cref="InvalidDataException">No such bytes.</exception>
    public static AdmissionTicket? Read(ref WireReader reader)
    {
        if (reader.ReadByte() == 0)
        {
            return null;
        }

        var organisation = reader.ReadString();
        var isHard = reader.ReadByte() != 0;
        var held = reader.ReadVarint();
        var cap = reader.ReadVarint();
        var budgets = ReadSlots(ref reader);
        var places = reader.ReadStrings();
        var rates = new TokenRate[Count(ref reader)];
        for (var i = 0; i < rates.Length; i++)
        {
            rates[i] = new TokenRate(reader.ReadString(), reader.ReadVarint(), TimeSpan.FromTicks(reader.ReadVarint()));
        }

        return new AdmissionTicket
        {
            Organisation = organisation,
            IsHard = isHard,
            HeldNanoUsd = held,
            OutputCap = cap,
            Budgets = budgets,
            Places = places,
            TokenRates = rates,
            ReservedTokens = reader.ReadVarint(),
            Part = reader.ReadInt32(),
            InputTokens = reader.ReadVarint(),
            Terms = ReadTerms(ref reader),
        };
    }

    /// <summary>Slots alone, as records of the journal carry them.</summary>
    public static void WriteSlots(ref WireWriter writer, IReadOnlyList<BudgetSlot> slots)
    {
        writer.WriteVarint(slots.Count);
        for (var i = 0; i < slots.Count; i++)
        {
            writer.WriteString(slots[i].Id);
            writer.WriteVarint(slots[i].Slot);
        }
    }

    /// <exception cref="InvalidDataException">No such bytes.</exception>
    public static IReadOnlyList<BudgetSlot> ReadSlots(ref WireReader reader)
    {
        var count = Count(ref reader);
        if (count == 0)
        {
            return [];
        }

        var slots = new BudgetSlot[count];
        for (var i = 0; i < slots.Length; i++)
        {
            slots[i] = new BudgetSlot(reader.ReadString(), reader.ReadVarint());
        }

        return slots;
    }

    private static BudgetTerms[] ReadTerms(ref WireReader reader)
    {
        var terms = new BudgetTerms[Count(ref reader)];
        for (var i = 0; i < terms.Length; i++)
        {
            terms[i] = new BudgetTerms(reader.ReadInt32(), reader.ReadVarint(), reader.ReadByte() != 0);
        }

        return terms;
    }

    private static int Count(ref WireReader reader)
    {
        const int Most = 256;
        var count = reader.ReadVarint();
        return count is >= 0 and <= Most ? (int)count : throw new InvalidDataException("A ticket holds more than any request does.");
    }
}
