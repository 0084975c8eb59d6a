/** References are epoch * REF_SPAN + series, so that one of a freed series is recognised. */
export const REF_SPAN = 2 ** 25;
