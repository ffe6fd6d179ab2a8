/** The field manager that we write as, and by which what is remembered knows our own writes. */
export const ourManager = 'paramedic';
